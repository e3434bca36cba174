# No topic by accident: brokers make none, and a client may make none.
resource "aws_msk_topic" "this" {
  for_each           = var.topics
  cluster_arn        = aws_msk_cluster.this.arn
  name               = each.key
  partition_count    = each.value.partitions
  replication_factor = local.replicas
  configs            = jsonencode(merge({ "min.insync.replicas" = tostring(max(1, local.replicas - 1)) }, each.value.configs))

  lifecycle {
    prevent_destroy = true
  }
}
