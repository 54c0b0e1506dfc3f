# The workbench for a class or a lab (docs/lab-server.md):
#   docker build -t fer-workbench .
#   docker run --rm -p 8501:8501 -e FER_PASSWORD=... -v fer:/home/fer fer-workbench
# torch comes with CUDA, some gigabytes; for its CPU build give pip's options from PyTorch's installation page:
#   docker build --build-arg TORCH_OPTIONS="..." -t fer-workbench .
# With a GPU: docker run --gpus all.
FROM python:3.12-slim-bookworm

# OpenCV draws on libGL and GLib.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/fer-workbench
ARG TORCH_OPTIONS=""
RUN pip install --no-cache-dir $TORCH_OPTIONS "torch>=2.11,<=2.13.0"
COPY . .
# In place, so that all trained networks are there; a wheel leaves some out for its size.
RUN pip install --no-cache-dir --constraint constraints.txt --editable '.[app,live,onnx]'

# Nobody's account: what is trained and added lies in its home, to be kept in a volume.
RUN useradd --create-home --uid 1000 fer
USER fer
WORKDIR /home/fer
EXPOSE 8501
# It listens; with a password it answers nobody else.
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import socket; socket.create_connection(('localhost', 8501), 3)"]
ENTRYPOINT ["fer"]
CMD ["app", "--host", "0.0.0.0"]
