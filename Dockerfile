# The environment of paper_repro with the pinned versions. REPRODUCE.md, "Appendix for evaluators", has its use.
# TORCH_INDEX is the address of PyTorch's package index of processor builds; without it, pip chooses the build of torch, which may
# bring several GB of CUDA libraries that are not needed.
FROM python:3.13-slim
ARG TORCH_INDEX=
RUN apt-get update && apt-get install --yes --no-install-recommends git && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/paper_repro
COPY . .
RUN pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch==2.13.0 \
 && pip install --no-cache-dir -c constraints.txt --editable .
VOLUME /runs
ENTRYPOINT ["paper-repro"]
CMD ["reproduce", "smoke.toml", "--out", "/runs/smoke"]
