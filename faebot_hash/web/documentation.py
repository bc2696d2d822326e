"""The interface for people and for programs: a page and the OpenAPI document that it is made from."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template

from faebot_hash.web.openapi import document


def documentation_routes() -> Blueprint:
    """Make the blueprint."""
    routes = Blueprint("documentation", __name__)
    described = document()

    @routes.get("/api/v1/openapi.json")
    def openapi() -> Response:
        response = jsonify(described)
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    @routes.get("/api/v1/")
    def page() -> str:
        return render_template("documentation.html", api=described)

    return routes
