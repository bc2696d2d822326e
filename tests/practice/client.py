"""A bare client of the action API, for tests that must send exactly what they say."""

from __future__ import annotations

from typing import Any

from tests.practice.server import api_session

TIMEOUT_S = 60.0


class ApiClient:
    """One account's session; every answer is given as the wiki sent it, errors too."""

    def __init__(self, api_url: str) -> None:
        self.api_url = api_url
        self._session = api_session()
        self._session.headers["User-Agent"] = "faebot_hash practice client"
        self._token = ""

    def get(self, **parameters: Any) -> dict[str, Any]:
        """Ask by GET."""
        answer = self._session.get(self.api_url, params=_complete(parameters), timeout=TIMEOUT_S)
        answer.raise_for_status()
        return dict(answer.json())

    def post(self, **parameters: Any) -> dict[str, Any]:
        """Ask by POST."""
        answer = self._session.post(self.api_url, data=_complete(parameters), timeout=TIMEOUT_S)
        answer.raise_for_status()
        return dict(answer.json())

    def login(self, name: str, password: str) -> ApiClient:
        """Log in with a main account's or a bot's password."""
        token = self.get(action="query", meta="tokens", type="login")["query"]["tokens"]["logintoken"]
        answer = self.post(action="login", lgname=name, lgpassword=password, lgtoken=token)
        if answer["login"]["result"] != "Success":
            raise ValueError(f"login as {name}: {answer['login']}")
        self._token = self.get(action="query", meta="tokens")["query"]["tokens"]["csrftoken"]
        return self

    def edit(self, **parameters: Any) -> dict[str, Any]:
        """Send one edit with exactly these parameters and the token."""
        return self.post(action="edit", token=self._token, **parameters)

    def text(self, title: str) -> tuple[int, str]:
        """Read the latest revision id and the text of a page."""
        answer = self.get(
            action="query", titles=title, prop="revisions", rvprop="ids|content", rvslots="main"
        )
        revision = answer["query"]["pages"][0]["revisions"][0]
        return revision["revid"], revision["slots"]["main"]["content"]

    def search(self, query: str, **parameters: Any) -> dict[str, Any]:
        """Search among files."""
        wanted = {"srnamespace": 6, "srlimit": 500, "srinfo": "totalhits", "srprop": "", **parameters}
        return self.get(action="query", list="search", srsearch=query, **wanted)

    def found(self, query: str, **parameters: Any) -> list[str]:
        """List the titles that a search finds, without "File:"."""
        hits = self.search(query, **parameters)["query"]["search"]
        return [hit["title"].removeprefix("File:") for hit in hits]

    def thumbnail_urls(self, width_px: int = 120, **parameters: Any) -> dict[str, str]:
        """Ask for the thumbnail addresses of all files, or of those that a query names."""
        wanted = parameters or {"generator": "allimages", "gailimit": 50}
        wanted |= {"prop": "imageinfo", "iiprop": "url", "iiurlwidth": width_px}
        urls: dict[str, str] = {}
        more: dict[str, Any] = {}
        while True:
            answer = self.get(action="query", **wanted, **more)
            for page in answer.get("query", {}).get("pages", []):
                if "imageinfo" in page:
                    # Asked for a single title, the wiki goes on with its older versions.
                    urls.setdefault(page["title"].removeprefix("File:"), page["imageinfo"][0]["thumburl"])
            if "continue" not in answer:
                return urls
            more = answer["continue"]

    def fetch(self, url: str) -> tuple[int, bytes, dict[str, str]]:
        """Download anything: status, body, headers."""
        answer = self._session.get(url, timeout=TIMEOUT_S)
        return answer.status_code, answer.content, dict(answer.headers)


def _complete(parameters: dict[str, Any]) -> dict[str, Any]:
    return {"format": "json", "formatversion": "2", **parameters}
