mock_provider "aws" {
  mock_resource "aws_kms_key" {
    override_during = plan
    defaults        = { arn = "arn:aws:kms:sa-east-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
  }
}

variables {
  name                     = "pixguard-test"
  account_id               = "111122223333"
  vpc_id                   = "vpc-0a1b2c3d"
  subnet_ids               = ["subnet-a", "subnet-b"]
  client_security_group_id = "sg-0a1b2c3d"
  instance_class           = "db.t4g.medium"
  storage_gib              = { start = 50, max = 200 }
  multi_az                 = true
  backup_days              = 14
  tags                     = { Project = "pixguard", Environment = "test", Owner = "risk", CostCenter = "1234" }
}

run "private_encrypted_and_tls_only" {
  command = plan

  assert {
    condition     = !aws_db_instance.this.publicly_accessible
    error_message = "The database has no public address."
  }
  assert {
    condition     = aws_db_instance.this.storage_encrypted && aws_db_instance.this.kms_key_id == module.key.arn && aws_db_instance.this.performance_insights_kms_key_id == module.key.arn
    error_message = "Disk and insights are encrypted under our key."
  }
  assert {
    condition     = anytrue([for parameter in aws_db_parameter_group.this.parameter : parameter.name == "rds.force_ssl" && parameter.value == "1"])
    error_message = "The server refuses connections without TLS."
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients.referenced_security_group_id == "sg-0a1b2c3d" && aws_vpc_security_group_ingress_rule.clients.cidr_ipv4 == null
    error_message = "Only the cluster connects."
  }
}

run "it_can_be_restored_and_not_be_lost" {
  command = plan

  assert {
    condition     = aws_db_instance.this.backup_retention_period == 14 && !aws_db_instance.this.delete_automated_backups
    error_message = "Backups outlive the server."
  }
  assert {
    condition     = aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot
    error_message = "No deletion without a last snapshot, and none by mistake."
  }
}

run "no_password_is_in_the_state" {
  command = plan

  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "RDS makes and keeps the administrator's password."
  }
  assert {
    condition     = toset(keys(aws_secretsmanager_secret.application)) == toset(["feast", "kfp", "mlflow"])
    error_message = "A secret for each application."
  }
  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.application : secret.kms_key_id == module.key.arn && secret.recovery_window_in_days == 30])
    error_message = "Secrets are encrypted under our key and can be brought back for a month."
  }
}

run "backups_are_copied_where_asked" {
  command = plan

  variables {
    replica_region = "us-east-1"
  }

  assert {
    condition     = one(aws_db_instance_automated_backups_replication.this).region == "us-east-1" && one(aws_db_instance_automated_backups_replication.this).retention_period == 14
    error_message = "The copy is in the other region and as old as the backups."
  }
}

run "a_database_without_backups_is_refused" {
  command = plan

  variables {
    backup_days = 0
  }

  expect_failures = [var.backup_days]
}
