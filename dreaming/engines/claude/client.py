"""The vendor's client, and what its errors mean to who runs a dream."""

import anthropic

from dreaming.engines.base import EngineError
from dreaming.engines.claude.options import PLATFORMS, Options

NO_KEY = (
    "No key is set for Claude: set DAYBREAK_ANTHROPIC_API_KEY (or DAYBREAK_ANTHROPIC_API_KEY_FILE),"
    " or dream with the local engine, which needs none."
)
LOOK_AT_NETWORK = "look at this machine's network and DAYBREAK_ANTHROPIC_BASE_URL."
LOOK_AT_MODELS = "look at DAYBREAK_CLAUDE_READ_MODEL and DAYBREAK_CLAUDE_WRITE_MODEL."
Client = anthropic.Anthropic | anthropic.AnthropicBedrock | anthropic.AnthropicVertex


def why_unready(options: Options) -> str:
    """Return why no request can be made with these options, '' when one can be tried."""
    if options.platform not in PLATFORMS:
        return f'"{options.platform}" is no platform of Claude; there are {", ".join(PLATFORMS)}.'
    if options.platform != "api" and options.batches:
        return "Message Batches are offered by Anthropic's own API only; turn them off."
    # The vendor's client would say so only at the first request, as a TypeError.
    return NO_KEY if options.platform == "api" and not options.key else ""


def make_client(options: Options) -> Client:
    """Return the client for the platform; it retries what passes, with pauses, `retries` times."""
    timeout, retries = options.timeout_s, options.retries
    if options.platform == "bedrock":
        return anthropic.AnthropicBedrock(
            aws_region=options.region, timeout=timeout, max_retries=retries
        )
    if options.platform == "vertex":
        return anthropic.AnthropicVertex(
            region=options.region, timeout=timeout, max_retries=retries
        )
    return anthropic.Anthropic(
        api_key=options.key,
        base_url=options.base_url or None,
        timeout=timeout,
        max_retries=retries,
    )


def is_about_the_request(error: anthropic.APIError) -> bool:
    """Say whether the error is about this one request, so that others may do."""
    return isinstance(error, anthropic.APIStatusError) and error.status_code in {400, 413, 422}


def explain(error: anthropic.APIError, options: Options) -> EngineError:
    """Return what an error of the API means: one sentence with the way out, and its request id."""
    words, permanent = _words(error, options)
    request = getattr(error, "request_id", None)
    return EngineError(f"{words} (request {request})" if request else words, permanent=permanent)


def _words(error: anthropic.APIError, options: Options) -> tuple[str, bool]:
    """Return the sentence, and whether trying again cannot help."""
    if isinstance(error, anthropic.APIStatusError):
        return _words_of_status(error.status_code, options)
    if isinstance(error, anthropic.APITimeoutError):
        return "Claude did not answer in time; the dream is tried again later.", False
    if isinstance(error, anthropic.APIConnectionError):
        return f"Claude cannot be reached at {options.destination}: {LOOK_AT_NETWORK}", False
    return "The answer broke off; the dream is tried again later.", False


def _words_of_status(status: int, options: Options) -> tuple[str, bool]:
    models = f"{options.read_model} and {options.write_model}"
    known = {
        401: "Claude does not accept the key: look at DAYBREAK_ANTHROPIC_API_KEY.",
        402: "The account at Anthropic cannot be billed: look at its plan, then dream again.",
        403: "The key may not do this: ask who gave it out for access to the Messages API.",
        404: f"Claude does not know a model that is set ({models}): {LOOK_AT_MODELS}",
    }
    if status in known:
        return known[status], True
    if status == 429:
        return "Claude's rate or spending limit is reached; the dream is tried again later.", False
    if status in {408, 409} or status >= 500:
        return f"Claude is overloaded or failing (status {status}).", False
    return f"Claude refused the request (status {status}).", True
