"""Cases written by us, each with one known right answer: values, never rows of a proposal."""
