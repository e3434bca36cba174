# One shard: a payment's keys are read in one round trip, and every client library understands it.
resource "aws_elasticache_replication_group" "this" {
  #checkov:skip=CKV_AWS_31:Users of a user group take the place of the one AUTH token: each has a password and rights of its own (users.tf)
  replication_group_id       = var.name
  description                = "State of accounts, devices and pairs for the request path"
  engine                     = "valkey"
  engine_version             = var.engine_version
  node_type                  = var.node_type
  num_cache_clusters         = var.nodes
  automatic_failover_enabled = true
  multi_az_enabled           = true
  port                       = 6379
  tags                       = var.tags

  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  at_rest_encryption_enabled = "true"
  kms_key_id                 = module.key.arn
  user_group_ids             = [aws_elasticache_user_group.this.user_group_id]

  subnet_group_name    = aws_elasticache_subnet_group.this.name
  security_group_ids   = [aws_security_group.this.id]
  parameter_group_name = aws_elasticache_parameter_group.this.name

  snapshot_retention_limit   = var.snapshot_days
  snapshot_window            = "05:00-06:00"
  final_snapshot_identifier  = "${var.name}-final"
  maintenance_window         = "sun:06:30-sun:07:30"
  auto_minor_version_upgrade = "true"
  apply_immediately          = false

  dynamic "log_delivery_configuration" {
    for_each = toset(["slow-log", "engine-log"])

    content {
      log_type         = log_delivery_configuration.key
      log_format       = "json"
      destination_type = "cloudwatch-logs"
      destination      = aws_cloudwatch_log_group.this[log_delivery_configuration.key].name
    }
  }
}

resource "aws_elasticache_subnet_group" "this" {
  name        = var.name
  description = "Subnets without a way out"
  subnet_ids  = var.subnet_ids
  tags        = var.tags
}

# A full cache refuses writes and says so; it must not forget accounts one by one and let their history look clean.
resource "aws_elasticache_parameter_group" "this" {
  name        = "${var.name}-valkey8"
  description = "Nothing is evicted"
  family      = "valkey8"
  tags        = var.tags

  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each          = toset(["slow-log", "engine-log"])
  name              = "/${var.name}/cache/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = module.key.arn
  tags              = var.tags
}

module "key" {
  source      = "../key"
  name        = var.name
  account_id  = var.account_id
  purpose     = "cache"
  log_regions = [var.region]
  tags        = var.tags
}
