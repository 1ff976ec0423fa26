# The book and its lab in a container: see compose.yaml.
FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 1000 learner
USER learner
# What is trained is kept in volumes, and a volume takes its owner from the folder that it covers.
RUN mkdir --parents /home/learner/downhill/runs /home/learner/downhill/models
WORKDIR /home/learner/downhill
ENV PIP_NO_CACHE_DIR=1

# The packages first: a changed chapter does not fetch them again.
COPY --chown=learner requirements.txt requirements-dev.txt ./
COPY --chown=learner tools tools
RUN python3 -m tools kernel

COPY --chown=learner . .
RUN python3 -m tools build

CMD ["python3", "-m", "tools", "serve", "--in-container", "--jupyter-port", "8010"]
