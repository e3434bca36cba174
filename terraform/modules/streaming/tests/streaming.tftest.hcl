mock_provider "aws" {
  mock_resource "aws_kms_key" {
    override_during = plan
    defaults        = { arn = "arn:aws:kms:sa-east-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  }
}

variables {
  name                     = "pixguard-test"
  account_id               = "111122223333"
  region                   = "sa-east-1"
  vpc_id                   = "vpc-0a1b2c3d"
  subnet_ids               = ["subnet-a", "subnet-b", "subnet-c"]
  client_security_group_id = "sg-0a1b2c3d"
  kafka_version            = "3.9.x.kraft"
  broker                   = { type = "kafka.m7g.large", count = 3, disk_gib = 100 }
  tags                     = { Project = "pixguard", Environment = "test", Owner = "risk", CostCenter = "1234" }
}

run "only_iam_over_tls_and_never_from_outside" {
  command = plan

  assert {
    condition     = aws_msk_cluster.this.client_authentication[0].sasl[0].iam && !aws_msk_cluster.this.client_authentication[0].sasl[0].scram && !aws_msk_cluster.this.client_authentication[0].unauthenticated
    error_message = "Clients show an IAM identity; nobody connects without one."
  }
  assert {
    condition     = aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].client_broker == "TLS" && aws_msk_cluster.this.encryption_info[0].encryption_in_transit[0].in_cluster
    error_message = "TLS to the brokers and between them."
  }
  assert {
    condition     = aws_msk_cluster.this.broker_node_group_info[0].connectivity_info[0].public_access[0].type == "DISABLED"
    error_message = "No public access."
  }
  assert {
    condition     = aws_msk_cluster.this.encryption_info[0].encryption_at_rest_kms_key_arn == module.key.arn
    error_message = "Disks are encrypted under our key."
  }
}

run "what_was_acknowledged_is_not_lost" {
  command = plan

  assert {
    condition     = strcontains(aws_msk_configuration.this.server_properties, "default.replication.factor=3") && strcontains(aws_msk_configuration.this.server_properties, "min.insync.replicas=2")
    error_message = "Three copies, two of them before the acknowledgement."
  }
  assert {
    condition     = strcontains(aws_msk_configuration.this.server_properties, "unclean.leader.election.enable=false") && strcontains(aws_msk_configuration.this.server_properties, "auto.create.topics.enable=false")
    error_message = "No leader that forgets, no topic by accident."
  }
}

run "topics_are_declared_replicated_and_kept_as_long_as_said" {
  command = plan

  variables {
    topics = { "pixguard.decisions" = { partitions = 24, configs = { "retention.ms" = 2592000000 } } }
  }

  assert {
    condition     = aws_msk_topic.this["pixguard.decisions"].partition_count == 24 && aws_msk_topic.this["pixguard.decisions"].replication_factor == 3
    error_message = "Partitions as asked, three copies."
  }
  assert {
    condition     = jsondecode(aws_msk_topic.this["pixguard.decisions"].configs) == { "min.insync.replicas" = "2", "retention.ms" = "2592000000" }
    error_message = "Two copies before the acknowledgement, thirty days."
  }
}

run "a_topic_without_an_end_is_refused" {
  command = plan

  variables {
    topics = { "pixguard.decisions" = { partitions = 24, configs = {} } }
  }

  expect_failures = [var.topics]
}

run "only_the_cluster_connects" {
  command = plan

  assert {
    condition = alltrue([
      for rule in aws_vpc_security_group_ingress_rule.clients : rule.referenced_security_group_id == "sg-0a1b2c3d" && rule.cidr_ipv4 == null && rule.cidr_ipv6 == null
    ])
    error_message = "Ranges of addresses are not let in: the cluster's security group is."
  }
  assert {
    condition     = !contains(values(local.ports), 9092)
    error_message = "The port without TLS stays shut."
  }
}

run "broker_logs_are_kept" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.broker.retention_in_days >= 365 && aws_cloudwatch_log_group.broker.kms_key_id == module.key.arn
    error_message = "Broker logs are kept a year under our key."
  }
}

run "two_brokers_still_make_a_cluster" {
  command = plan

  variables {
    subnet_ids = ["subnet-a", "subnet-b"]
    broker     = { type = "kafka.t3.small", count = 2, disk_gib = 20 }
  }

  assert {
    condition     = local.server_properties["default.replication.factor"] == 2 && local.server_properties["min.insync.replicas"] == 1
    error_message = "A development cluster writes on when one of two brokers is down."
  }
}

run "a_lopsided_cluster_is_refused" {
  command = plan

  variables {
    broker = { type = "kafka.m7g.large", count = 4, disk_gib = 100 }
  }

  expect_failures = [var.broker]
}
