.PHONY: setup run test lint format bench chaos chaos-reports screenshots messages
SHELL := /bin/bash
BIN := .venv/bin

setup: ## prepare this machine: virtual environment, pinned dependencies, the few system libraries
	@bash deploy/setup.sh

run: ## start everything on loopback, all data under var/
	@bash deploy/setup.sh run
	@exec $(BIN)/python deploy/run.py

test: ## every test, those in a browser included
	@bash deploy/setup.sh test
	@$(BIN)/python deploy/test.py

lint: ## style, types, layers, catalogue
	@bash deploy/setup.sh test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py check_catalogue
	$(BIN)/python manage.py makemigrations --check --dry-run

format: ## rewrite the code in the project's style
	@bash deploy/setup.sh test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: ## how fast it is, as ratios within one run; keeps the table in benchmarks/README.md
	@bash deploy/setup.sh test
	$(BIN)/python benchmarks/scoring.py --write
	$(BIN)/python benchmarks/catalogue.py
	$(BIN)/python benchmarks/trail.py --write
	$(BIN)/python benchmarks/bundle.py --write
	$(BIN)/python benchmarks/asking.py --write
	$(BIN)/python benchmarks/answering.py --write
	$(BIN)/python benchmarks/portfolio.py --write
	$(BIN)/python benchmarks/report.py --pages --workers --write

chaos: ## kill -9 of every part while cases are signed off, and then while 200 reports are made; KILLS=100, REPORTS=200 and SEED=… may be given
	@bash deploy/setup.sh test
	@$(BIN)/python -m tests.chaos --kills $(or $(KILLS),100) $(if $(SEED),--seed $(SEED))
	@$(MAKE) --no-print-directory chaos-reports

chaos-reports: ## 200 reports while all that makes them is killed; REPORTS=200, REAL=20 and SEED=… may be given
	@bash deploy/setup.sh test
	@$(BIN)/python -m tests.chaos --reports $(or $(REPORTS),200) --real $(or $(REAL),20) $(if $(SEED),--seed $(SEED))

screenshots: ## plays the stories and keeps their pictures under docs/screenshots/
	@bash deploy/setup.sh test
	@$(BIN)/python deploy/screenshots.py $(ONLY)

messages: ## the texts to translate, in locale/LANGUAGE/LC_MESSAGES/django.po; needs GNU gettext; see docs/translating.md
	@mkdir -p locale
	$(BIN)/python manage.py makemessages --locale $(LANGUAGE) --ignore .venv --ignore 'var*' --ignore tests --no-location
