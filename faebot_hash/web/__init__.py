"""The web service on the hash index: ``app`` joins the parts, each a blueprint or a step of an answer."""
