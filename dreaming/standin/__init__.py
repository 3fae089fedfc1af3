"""A stand-in for the vendor's API on this machine: for tests, and for the demo without a key.

It answers what the engines ask in the vendor's shapes and keeps all it received. It knows nothing
of ours: what a model or a hosted dream would say comes from whoever starts it.
"""
