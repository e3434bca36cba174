# What the provider would know only after an apply and what policies and outputs here are made of.
mock_provider "aws" {
  mock_resource "aws_kms_key" {
    override_during = plan
    defaults        = { region = "sa-east-1", arn = "arn:aws:kms:sa-east-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  }
  mock_resource "aws_iam_role" {
    override_during = plan
    defaults        = { arn = "arn:aws:iam::111122223333:role/pixguard/mocked" }
  }
  mock_resource "aws_eks_cluster" {
    override_during = plan
    defaults        = { region = "sa-east-1", vpc_config = { cluster_security_group_id = "sg-0a1b2c3d" } }
  }
  mock_resource "aws_vpc" {
    override_during = plan
    defaults        = { region = "sa-east-1", id = "vpc-0a1b2c3d" }
  }
  mock_resource "aws_sns_topic" {
    override_during = plan
    defaults        = { region = "sa-east-1", arn = "arn:aws:sns:sa-east-1:111122223333:mocked" }
  }
  mock_resource "aws_prometheus_workspace" {
    override_during = plan
    defaults = {
      region              = "sa-east-1"
      arn                 = "arn:aws:aps:sa-east-1:111122223333:workspace/ws-1"
      prometheus_endpoint = "https://aps-workspaces.sa-east-1.amazonaws.com/workspaces/ws-1/"
    }
  }
  mock_resource "aws_msk_cluster" {
    override_during = plan
    defaults        = { region = "sa-east-1", bootstrap_brokers_sasl_iam = "b-1.pixguard:9098,b-2.pixguard:9098" }
  }
  mock_resource "aws_db_instance" {
    override_during = plan
    defaults        = { region = "sa-east-1", availability_zone = "sa-east-1a", address = "pixguard-dev.rds.amazonaws.com" }
  }
  mock_resource "aws_elasticache_replication_group" {
    override_during = plan
    defaults        = { region = "sa-east-1", primary_endpoint_address = "master.pixguard-dev.cache.amazonaws.com" }
  }
  mock_resource "aws_codeconnections_connection" {
    override_during = plan
    defaults        = { arn = "arn:aws:codeconnections:sa-east-1:111122223333:connection/1" }
  }
}

variables {
  environment        = "dev"
  account_id         = "111122223333"
  owner              = "fraud-platform"
  cost_center        = "risk-4100"
  emails             = ["fraud-platform@example.com"]
  monthly_budget_usd = 2000
  github             = { repository = "bank/pixguard", environment = "dev" }
  model_lock         = { mode = "GOVERNANCE", days = 7 }
  network            = { cidr = "10.20.0.0/16", zones = ["sa-east-1a", "sa-east-1b"], nat_per_zone = false }
  streaming          = { broker = { type = "kafka.t3.small", count = 2, disk_gib = 50 } }
  database           = { instance_class = "db.t4g.medium", storage_gib = { start = 50, max = 200 }, multi_az = false, backup_days = 7 }
  cache              = { node_type = "cache.t4g.medium", nodes = 2 }
  cluster = {
    version        = "1.33"
    administrators = ["arn:aws:iam::111122223333:role/platform-engineers"]
    node_groups    = { serving = { instance_types = ["m7g.large"], min = 2, desired = 2, max = 4 } }
  }
}

run "the_overlay_gets_addresses_and_no_secret" {
  command = plan

  assert {
    condition     = strcontains(output.platform_env, "MODELS_BUCKET=pixguard-dev-models-111122223333\n")
    error_message = "The overlay must learn the bucket of the models."
  }
  assert {
    condition     = strcontains(output.platform_env, "REGISTRY=111122223333.dkr.ecr.sa-east-1.amazonaws.com/pixguard\n")
    error_message = "The overlay must learn where images are."
  }
  assert {
    condition     = strcontains(output.platform_env, "METRICS_WRITE_URL=https://aps-workspaces.sa-east-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write\n")
    error_message = "Prometheus must learn where to write."
  }
  assert {
    condition     = strcontains(output.platform_env, "KAFKA_MECHANISM=AWS_MSK_IAM\nKAFKA_PROTOCOL=SASL_SSL\n")
    error_message = "Clients must learn that their role is their name."
  }
  assert {
    condition     = alltrue([for line in split("\n", trimspace(output.platform_env)) : can(regex("^[A-Z_]+=[^\\s\"']+$", line))])
    error_message = "A line is KEY=value, as an environment file has it."
  }
  assert {
    condition     = alltrue([for key in keys(local.platform) : !can(regex("PASSWORD|SECRET|TOKEN|PRIVATE", key))])
    error_message = "A secret has no place in a file that Git keeps."
  }
}

run "nobody_deletes_a_published_model" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for workload in local.workloads : [
        for statement in workload.statements : !contains(statement.actions, "s3:DeleteObject") || !anytrue([for arn in statement.resources : strcontains(arn, "-models-")])
      ]
    ]))
    error_message = "No workload may delete from the bucket of models."
  }
  assert {
    condition     = length([for name, workload in local.workloads : name if anytrue([for statement in workload.statements : contains(statement.actions, "secretsmanager:GetSecretValue")])]) == 1
    error_message = "Only the operator that hands secrets out reads them."
  }
  assert {
    condition     = length(distinct([for workload in local.workloads : "${workload.namespace}/${workload.service_account}"])) == length(local.workloads)
    error_message = "One role a service account."
  }
}

run "what_answers_for_itself_is_tagged" {
  command = plan

  assert {
    condition     = local.tags.Environment == "dev" && local.tags.Owner == "fraud-platform" && local.tags.CostCenter == "risk-4100"
    error_message = "Tags say whose it is and who pays."
  }
  assert {
    condition     = length(module.delivery) == 0
    error_message = "CodePipeline is made only where asked for."
  }
}

run "delivery_inside_aws_where_asked" {
  command = plan

  variables {
    delivery = { provider = "GitLabSelfManaged" }
  }

  assert {
    condition     = module.delivery[0].pipeline_name == "pixguard-dev" && output.connection_arn != null
    error_message = "The pipeline exists, and its connection is told."
  }
}

run "a_copy_in_the_same_region_is_none" {
  command = plan

  variables {
    replica_region = "sa-east-1"
  }

  expect_failures = [var.replica_region]
}

run "data_stays_in_the_regions_that_were_decided" {
  command = plan

  variables {
    region = "eu-west-1"
  }

  expect_failures = [var.region]
}
