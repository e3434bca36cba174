resource "aws_cloudwatch_log_group" "workload" {
  for_each          = var.log_groups
  name              = "/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = module.key.arn
  tags              = var.tags
}

module "key" {
  source      = "../key"
  name        = var.name
  account_id  = var.account_id
  purpose     = "observability"
  log_regions = [var.region]
  services    = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
  tags        = var.tags
}
