# Every target is `python -m tools TARGET`, so that Windows without make has the same commands.
PYTHON ?= python3
TARGETS := serve test build lint links changes bench pictures setup kernel notebooks lock clean help

.DEFAULT_GOAL := help
.PHONY: $(TARGETS)
$(TARGETS):
	@$(PYTHON) -m tools $@ $(ARGS)
