# One image, roles by command: see compose.yaml.
FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/daybreak
COPY requirements.lock .
RUN python -m venv /srv/venv \
    && /srv/venv/bin/pip install --require-hashes --no-deps -r requirements.lock
COPY manage.py CHANGELOG.md ./
COPY agents agents
COPY reviews reviews
COPY dreaming dreaming
COPY templates templates
COPY static static
RUN DAYBREAK_DATA_DIR=/srv/build-data /srv/venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && /srv/venv/bin/python -m compileall -q agents reviews dreaming \
    && rm -rf /srv/build-data

FROM python:3.11-slim
ENV PATH=/srv/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DAYBREAK_DATA_DIR=/var/lib/daybreak
COPY --from=build /srv /srv
RUN install -d -o 10001 -g 10001 -m 700 /var/lib/daybreak
WORKDIR /srv/daybreak
USER 10001:10001
VOLUME /var/lib/daybreak
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["granian", "--interface", "wsgi", "--no-ws", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "2", "--workers-kill-timeout", "10", "dreaming.wsgi:application"]
