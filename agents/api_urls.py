"""Addresses of the API, below /api/v1/."""

from django.urls import URLPattern, path

from agents import api

urlpatterns: list[URLPattern] = [
    path("sessions", api.sessions, name="api_sessions"),
    path("agents/<str:slug>/memory", api.memory, name="api_memory"),
    path("openapi.json", api.openapi, name="api_openapi"),
]
