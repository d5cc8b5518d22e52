"""Whether what is wrong with a connection may pass, or is for the user to mend."""

import http.client
import ssl
import urllib.error
import urllib.request

from helpers.base.errors import UserError

_NOT_OUR_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE")
_PROXY = "Give its name and password as HTTPS_PROXY=http://name:password@proxy:port, or use another network."


class Cut(Exception):
    """The connection failed in a way that may pass."""


def connect(url: str, headers: dict, timeout: float) -> http.client.HTTPResponse:
    """The server's answer; HTTPError 416 is the caller's.

    Raises:
        Cut: trying once more may help.
        UserError: no later try will do better, with what to do instead.
    """
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == 416:
            raise
        says = f"the server says {error.code} {str(error.reason).partition(chr(10))[0]}"
        if error.code == 407:
            raise UserError(f"{url} cannot be fetched: the proxy asks who you are. {_PROXY}") from None
        if error.code == 511:
            raise UserError(f"{url} cannot be fetched: log in to this network in a browser first.") from None
        if error.code in (408, 429) or error.code >= 500:
            raise Cut(says) from None
        raise UserError(
            f"{url} cannot be fetched: {says}. Give another address (addresses=…, or SHOW_TELL_SORT_MIRROR)."
        ) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error) if isinstance(error, urllib.error.URLError) else error
        if sentence := what_lasts(url, reason):
            raise UserError(sentence) from None
        raise Cut(reason) from None
    except ValueError:  # below, since an error of certificates is one, too
        raise UserError(_no_address(url)) from None


def what_lasts(url: str, reason: Exception | str) -> str:
    """The sentence on what no later try will mend, and what to do about it; "" for what may pass."""
    if isinstance(reason, ssl.SSLCertVerificationError):
        return (
            f"{url} cannot be trusted ({getattr(reason, 'verify_message', '') or reason}). Look whether "
            "the clock here is right, and whether a proxy or login page is in between; a Mac's Python needs "
            'its "Install Certificates.command" once, others find certificates by SSL_CERT_FILE (pip install '
            "certifi; python -m certifi says where). Then call again."
        )
    if getattr(reason, "reason", "") in _NOT_OUR_TLS:
        return f"{url} does not speak https ({reason.reason}). Look at the address, and at HTTPS_PROXY."
    if str(reason).startswith("Tunnel connection failed: 4"):
        return f"{url} cannot be fetched: the proxy says {str(reason).partition(': ')[2]}. {_PROXY}"
    if isinstance(reason, str | http.client.InvalidURL | FileNotFoundError | IsADirectoryError):
        return _no_address(url)  # an unknown scheme; no host; a file:// that is not there
    return ""


def _no_address(url: str) -> str:
    return f"{url} is no web address. Look at addresses=… and SHOW_TELL_SORT_MIRROR."
