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
  subnet_ids               = ["subnet-a", "subnet-b"]
  client_security_group_id = "sg-0a1b2c3d"
  node_type                = "cache.r7g.large"
  nodes                    = 2
  passwords                = { predictor = "0123456789abcdef0123456789abcdef", stream = "fedcba9876543210fedcba9876543210" }
  tags                     = { Project = "pixguard", Environment = "test", Owner = "risk", CostCenter = "1234" }
}

run "encrypted_on_the_way_and_at_rest" {
  command = plan

  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_enabled && aws_elasticache_replication_group.this.transit_encryption_mode == "required"
    error_message = "TLS is required, not merely offered."
  }
  assert {
    condition     = aws_elasticache_replication_group.this.at_rest_encryption_enabled == "true" && aws_elasticache_replication_group.this.kms_key_id == module.key.arn
    error_message = "Snapshots and disks are encrypted under our key."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients.referenced_security_group_id == "sg-0a1b2c3d" && aws_vpc_security_group_ingress_rule.clients.cidr_ipv4 == null
    error_message = "Only the cluster connects."
  }
}

run "every_user_has_only_its_own_rights" {
  command = plan

  assert {
    condition     = strcontains(aws_elasticache_user.this["predictor"].access_string, "-@all +@read") && !strcontains(aws_elasticache_user.this["predictor"].access_string, "write")
    error_message = "The predictor reads and does not write."
  }
  assert {
    condition     = alltrue([for user in aws_elasticache_user.this : strcontains(user.access_string, "-@dangerous") && user.no_password_required != true])
    error_message = "Nobody flushes, and nobody connects without a password."
  }
  assert {
    condition     = toset(aws_elasticache_replication_group.this.user_group_ids) == toset(["pixguard-test"])
    error_message = "The group of users is the only way in."
  }
}

run "passwords_are_in_no_state" {
  command = plan

  assert {
    condition     = alltrue([for user in aws_elasticache_user.this : user.passwords_wo == null && length(coalesce(user.passwords, [])) == 0])
    error_message = "Passwords are written and not kept."
  }
}

run "a_lost_node_loses_nothing" {
  command = plan

  assert {
    condition     = aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "A replica in another zone takes over."
  }
  assert {
    condition     = one(aws_elasticache_parameter_group.this.parameter).value == "noeviction"
    error_message = "A full cache must refuse, not forget."
  }
}

run "one_node_alone_is_refused" {
  command = plan

  variables {
    nodes = 1
  }

  expect_failures = [var.nodes]
}

run "short_passwords_are_refused" {
  command = plan

  variables {
    passwords = { predictor = "short" }
  }

  expect_failures = [var.passwords]
}
