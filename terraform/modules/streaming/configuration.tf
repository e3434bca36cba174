# A message that was acknowledged is on two brokers; a broker that lags may never become the leader and forget some.
locals {
  replicas = min(3, var.broker.count)
  server_properties = {
    "auto.create.topics.enable"      = false
    "default.replication.factor"     = local.replicas
    "min.insync.replicas"            = max(1, local.replicas - 1)
    "unclean.leader.election.enable" = false
    "log.retention.hours"            = var.topic_retention_hours
    "num.partitions"                 = 12
    "message.max.bytes"              = 1048588
  }
}

resource "aws_msk_configuration" "this" {
  name              = var.name
  description       = "Nothing acknowledged is lost, no topic by accident"
  kafka_versions    = [var.kafka_version]
  server_properties = join("\n", [for key, value in local.server_properties : "${key}=${value}"])

  lifecycle {
    create_before_destroy = true
  }
}
