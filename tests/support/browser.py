"""A headless Chromium, driven through chromedriver by the W3C WebDriver protocol; no package is needed for it."""

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

_ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage")


@attrs.frozen
class Browser:
    """A session of chromedriver: its ``port``, and the ``path`` of its address."""

    port: int
    path: str = ""

    def send(self, method: str, path: str = "", **data: Any) -> Any:
        """Send a command and return its value."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        with contextlib.closing(connection):
            body = json.dumps(data) if method == "POST" else None
            connection.request(method, f"{self.path}{path}", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            value = json.load(answer)["value"]
        if answer.status != http.client.OK:
            raise RuntimeError(value["message"])
        return value

    def open(self, page: Path) -> None:
        """Load a file."""
        self.send("POST", "/url", url=page.resolve().as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        """Run the body of a function in the page and return its value, which may be a promise."""
        return self.send("POST", "/execute/sync", script=script, args=arguments)

    def devtools(self, command: str, **parameters: Any) -> Any:
        """Send a command of the DevTools protocol."""
        return self.send("POST", "/goog/cdp/execute", cmd=command, params=parameters)

    def show(self, width: int, scheme: str) -> None:
        """Show pages as a screen of this width does, in the colour scheme ``light`` or ``dark``."""
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        self.devtools("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium and end it; a test is skipped where there is none."""
    if not (driver := shutil.which("chromedriver")) or not any(map(shutil.which, ("chromium", "google-chrome"))):
        pytest.skip("Chromium and chromedriver are not installed: no page is looked at in a browser")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environment = os.environ | {"HOME": folder}
        process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603
        try:
            port = _port(process)
            options = {"args": [*_ARGUMENTS, f"--user-data-dir={folder}/profile"]}
            wanted = {"alwaysMatch": {"goog:chromeOptions": options}}
            session = Browser(port, f"/session/{Browser(port).send('POST', '/session', capabilities=wanted)['sessionId']}")
            yield session
            session.send("DELETE")
        finally:
            process.terminate()
            process.communicate()


def _port(process: subprocess.Popen[str]) -> int:
    """Return the port that chromedriver names when it has started."""
    for line in process.stdout or ():
        if "started successfully on port" in line:
            return int(line.rpartition("port")[2].strip(" .\n"))
    raise RuntimeError("chromedriver ended before it had started")
