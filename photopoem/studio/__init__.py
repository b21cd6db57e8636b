"""The studio: a page in the browser, served from this machine alone, in which a person curates a show."""
