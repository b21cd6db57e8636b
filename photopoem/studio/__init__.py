"""The studio: a local web page for curating a show."""
