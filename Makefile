# The everyday commands. The system itself is started with: npm start
# A file .env (make env) is read by every command; without it they find the running system by themselves.
ORDERFLOW := node apps/cli/bin/orderflow.mjs
QUEUE ?= billing
ENVIRONMENT ?= dev
TERRAFORM := terraform -chdir=infra/terraform/environments/$(ENVIRONMENT)

.PHONY: help env produce consume-queue consume-billing consume-analytics reprocess-dlq init plan apply output

help:
	@echo "make env                 copy .env.example to .env"
	@echo "make produce             send 10 orders to the queue and 6 events to the topic"
	@echo "make consume-queue       follow what order-worker does with the queue"
	@echo "make consume-billing     follow what billing-worker does"
	@echo "make consume-analytics   follow what analytics-worker does"
	@echo "make reprocess-dlq       replay the dead letters of QUEUE=billing (orders, analytics, order-status)"
	@echo "make init|plan|apply|output   Terraform in ENVIRONMENT=dev (prod); fill in its terraform.tfvars first"

env:
	@test -f .env || cp .env.example .env
	@echo "To use a namespace on Azure, fill in SERVICEBUS_CONNECTION_STRING in .env"

produce:
	@$(ORDERFLOW) produce --orders 10 --events 6 --verbose

# The workers consume all the time under npm start; these show it.
consume-queue:
	@$(ORDERFLOW) tail order-worker

consume-billing:
	@$(ORDERFLOW) tail billing-worker

consume-analytics:
	@$(ORDERFLOW) tail analytics-worker

reprocess-dlq:
	@$(ORDERFLOW) dlq replay $(QUEUE)

# Azure: docs/infrastructure.md
init:
	@$(TERRAFORM) init

plan:
	@$(TERRAFORM) plan

apply:
	@$(TERRAFORM) apply

output:
	@$(TERRAFORM) output -json
