"""Errors of the network that pass, and those that do not: these are told at once."""

import http.client
import io
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from bad_server import BODY, md5, zipped

from helpers.base.errors import UserError
from helpers.data import fetching
from helpers.data.fetching import DamagedZip, fetch, unzip


def untrusted(code, message):
    error = ssl.SSLCertVerificationError(1, f"[SSL: CERTIFICATE_VERIFY_FAILED] {message}")
    error.verify_code, error.verify_message = code, message
    return urllib.error.URLError(error)


def answered(code, reason):
    return urllib.error.HTTPError("http://x", code, reason, http.client.HTTPMessage(), io.BytesIO())


LASTING = {
    "certificate has expired": untrusted(10, "certificate has expired"),
    "not yet valid.*clock": untrusted(9, "certificate is not yet valid"),
    "mismatch.*proxy": untrusted(62, "Hostname mismatch, certificate is not valid for 'x'"),
    "self-signed.*SSL_CERT_FILE": untrusted(18, "self-signed certificate"),
    "issuer.*Install Certificates.command": untrusted(20, "unable to get local issuer certificate"),
    "CERTIFICATE_VERIFY_FAILED": ssl.SSLCertVerificationError(1, "CERTIFICATE_VERIFY_FAILED"),
    "does not speak https": urllib.error.URLError(
        type("Wrong", (ssl.SSLError,), {"reason": "WRONG_VERSION_NUMBER"})(1, "wrong version number")
    ),
    "407.*HTTPS_PROXY": urllib.error.URLError(
        OSError("Tunnel connection failed: 407 Proxy Authentication Required")
    ),
    "the proxy asks": answered(407, "Proxy Authentication Required"),
    "log in": answered(511, "Network Authentication Required"),
    "302 The HTTP server returned a redirect error[^\n]*Give another": answered(
        302, "The HTTP server returned a redirect error that would lead to a loop.\nThe last was:\nFound"
    ),
    "no web address": urllib.error.URLError("unknown url type: htps"),
    "is no web": http.client.InvalidURL("nonnumeric port: 'x'"),
    "403": answered(403, "Forbidden"),
}


@pytest.fixture
def failing(monkeypatch):
    """Every connection fails with this error; the list holds who asked."""

    def fail(error):
        asked = []
        monkeypatch.setattr(fetching, "PAUSE", 0)

        def urlopen(request, **_):
            asked.append(request)
            raise error

        monkeypatch.setattr(urllib.request, "urlopen", urlopen)
        return asked

    return fail


@pytest.mark.parametrize("told", LASTING)
def test_what_will_not_pass_is_told_at_once(tmp_path, failing, told):
    asked = failing(LASTING[told])
    with pytest.raises(UserError, match=told):
        fetch("https://somewhere/a.zip", tmp_path / "a.zip")
    assert len(asked) == 1 and not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize(
    "error",
    [
        urllib.error.URLError(OSError(-3, "Temporary failure in name resolution")),
        urllib.error.URLError(ConnectionRefusedError(111, "Connection refused")),
        urllib.error.URLError(ssl.SSLEOFError(8, "EOF occurred in violation of protocol")),
        TimeoutError("timed out"),
        http.client.RemoteDisconnected("closed"),
        answered(503, "Busy"),
    ],
)
def test_what_may_pass_is_tried_again(tmp_path, failing, error):
    asked = failing(error)
    with pytest.raises(UserError, match="Check the network"):
        fetch("https://somewhere/a.zip", tmp_path / "a.zip")
    assert len(asked) == fetching.TRIES


@pytest.mark.parametrize(
    "url", ["htps://somewhere/a.zip", "http://[half/a.zip", "http://host:port/a", "http:///a"]
)
def test_addresses_that_are_none(tmp_path, url):
    with pytest.raises(UserError, match="is no web address"):
        fetch(url, tmp_path / "a.zip")


def test_a_server_without_https_is_told_at_once(server, tmp_path):
    with pytest.raises(UserError, match="does not speak https"):
        fetch(server.url.replace("http:", "https:") + "/a.zip", tmp_path / "a.zip")


def test_two_threads_fetch_one_file_once(server, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("helpers.base.locks.SOON", 0.0)
    chunks = fetching._chunks

    def slow(answer):
        for chunk in chunks(answer):
            fetching.time.sleep(0.002)
            yield chunk

    monkeypatch.setattr(fetching, "_chunks", slow)
    with ThreadPoolExecutor(4) as pool:
        jobs = [
            pool.submit(fetch, server.url + "/a.zip", tmp_path / "a.zip", md5=md5(BODY)) for _ in range(4)
        ]
        assert all(job.result().read_bytes() == BODY for job in jobs)
    assert len(server.asked) == 1
    assert "Another program is at work on a.zip" in capsys.readouterr().out


def test_another_program_waits_though_it_has_another_home(server, tmp_path, monkeypatch):
    work = "import sys; from helpers.data.fetching import fetch; fetch(*sys.argv[1:])"
    command = [sys.executable, "-c", work, server.url + "/a.zip", str(tmp_path / "a.zip")]
    others = []

    def chunks(answer):
        monkeypatch.setenv("SHOW_TELL_SORT_HOME", str(tmp_path / "elsewhere"))
        others.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert "Another program is at work" in others[0].stdout.readline()
        while chunk := answer.read(100_000):
            yield chunk

    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    monkeypatch.setattr(fetching, "_chunks", chunks)
    assert fetch(server.url + "/a.zip", tmp_path / "a.zip").read_bytes() == BODY
    assert others[0].wait(60) == 0 and len(server.asked) == 1
    others[0].stdout.close()


# ------------------------------------------------------------------ zips


@pytest.mark.parametrize(
    "content, told",
    [
        (b"", "damaged .it is empty"),
        (b"<!DOCTYPE html><html>Sign in</html>", "damaged .it is a web page"),
        (b"PK\3\4 and no more", "damaged"),
    ],
)
def test_what_is_no_zip_is_named_for_what_it_is(tmp_path, content, told):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DamagedZip, match=told):
        unzip(tmp_path / "a.zip", tmp_path / "out")


def test_every_truncated_zip_is_damaged(tmp_path):
    whole = zipped(tmp_path / "a.zip", {"a.txt": BODY[:500], "b.txt": BODY[:500]}).read_bytes()
    for n in range(0, len(whole), 50):
        (tmp_path / "cut.zip").write_bytes(whole[:n])
        with pytest.raises(DamagedZip, match=r"cut\.zip is damaged"):
            unzip(tmp_path / "cut.zip", tmp_path / "out")


@pytest.mark.parametrize("told, at, value", [("password", 6, 1), ("cannot unpack", 8, 97)])
def test_zips_that_python_cannot_unpack(tmp_path, told, at, value):
    whole = bytearray(zipped(tmp_path / "a.zip", {"a.txt": BODY[:500]}).read_bytes())
    central = whole.rindex(b"PK\1\2")
    whole[at] = whole[central + at + 2] = value
    (tmp_path / "a.zip").write_bytes(whole)
    with pytest.raises(UserError, match=rf"{told}.*another program") as told:
        unzip(tmp_path / "a.zip", tmp_path / "out")
    assert not isinstance(told.value, DamagedZip)
