# The service in a small image: built with what the lock file names, run without root.

FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/entente
COPY requirements.lock ./
RUN /opt/entente/bin/pip install --no-cache-dir --disable-pip-version-check \
        --no-deps --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY migrations ./migrations
COPY app ./app
RUN /opt/entente/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /data --create-home entente
COPY --from=build /opt/entente /opt/entente
ENV PATH=/opt/entente/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ENTENTE_HOST=0.0.0.0 \
    ENTENTE_DATABASE_URL=sqlite:////data/entente.db
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('ENTENTE_PORT', '8000') + '/healthz', timeout=4)"]
CMD ["entente", "serve"]
