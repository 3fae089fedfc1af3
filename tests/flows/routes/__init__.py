"""Every address of the product, whoever asks, and what they are told: one file a room.

To add a page, add one line a method to its room's ROUTES: its URL name, the method, the place (what
makes its kwargs; `here` for the workspace alone), what each caller of CALLERS is told, and for a
POST what is sent. What is told: a status; several that are all right, as 302|422; or `in`, sent to
the sign-in page.
"""

from tests.flows.routes import agents, doors, dreaming, notices, practice, reviews, webhooks

ROUTES = [
    *doors.ROUTES,
    *agents.ROUTES,
    *dreaming.ROUTES,
    *reviews.ROUTES,
    *practice.ROUTES,
    *notices.ROUTES,
    *webhooks.ROUTES,
]
