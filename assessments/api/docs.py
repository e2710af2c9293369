"""The page on which people read and try the API."""

from drf_spectacular.views import SpectacularSwaggerSplitView


class Docs(SpectacularSwaggerSplitView):
    """Swagger UI from our own files, under the same content policy as every page: its start script comes from an address of its own."""

    template_name = "assessments/api/docs.html"
    url_name = "api:schema"
