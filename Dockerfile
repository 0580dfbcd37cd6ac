# JiMeng Studio: the page and all doors on port 7860 (`jimeng serve`), or a worker of batches (`jimeng worker`).
FROM python:3.12-slim AS build
WORKDIR /src
COPY requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY jimeng_core jimeng_core
COPY jimeng_app jimeng_app
COPY assets assets
# The packages' own tests, and pip, which installs nothing any more, are a tenth of it.
RUN /venv/bin/pip install --no-cache-dir --no-deps . && /venv/bin/pip uninstall --yes --quiet pip \
    && find /venv -type d -name tests -prune -exec rm -r {} +

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home jimeng && install -d -o jimeng -g jimeng /data
COPY --from=build /venv /venv
ENV PATH="/venv/bin:$PATH" JIMENG_DATA_DIR=/data JIMENG_HOST=0.0.0.0 PYTHONUNBUFFERED=1
USER jimeng
WORKDIR /data
VOLUME /data
EXPOSE 7860
# Not by urllib, which would ask the proxy of HTTP_PROXY.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["python", "-c", "import http.client as http; \
    app = http.HTTPConnection('127.0.0.1', 7860, timeout=4); \
    app.request('GET', '/gradio_api/app_id'); \
    exit(app.getresponse().status != 200)"]
CMD ["jimeng", "serve"]
