"""Addresses of this room's part of the API, below /api/v1/."""

from django.urls import URLPattern, path

from reviews import api

urlpatterns: list[URLPattern] = [
    path("agents/<str:slug>/memory-tool", api.memory_tool, name="api_memory_tool"),
]
