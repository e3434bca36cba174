resource "aws_prometheus_workspace" "this" {
  alias       = var.name
  kms_key_arn = module.key.arn
  tags        = var.tags

  logging_configuration {
    log_group_arn = "${aws_cloudwatch_log_group.prometheus.arn}:*"
  }
}

resource "aws_prometheus_workspace_configuration" "this" {
  workspace_id             = aws_prometheus_workspace.this.id
  retention_period_in_days = var.metrics_retention_days
}

resource "aws_cloudwatch_log_group" "prometheus" {
  name              = "/aws/vendedlogs/${var.name}/prometheus"
  retention_in_days = var.log_retention_days
  kms_key_id        = module.key.arn
  tags              = var.tags
}
