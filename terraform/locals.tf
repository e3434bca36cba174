locals {
  product = "pixguard"
  name    = "${local.product}-${var.environment}"

  tags = {
    Project     = local.product
    Environment = var.environment
    Owner       = var.owner
    CostCenter  = var.cost_center
    ManagedBy   = "terraform"
  }

  # Made by bootstrap/, which people apply: automation must not hold its own limits.
  permissions_boundary = "arn:aws:iam::${var.account_id}:policy/${local.product}/${local.name}-boundary"
  state_bucket         = "${local.name}-state-${var.account_id}"
}
