# alarms: people. rollback: what Alertmanager tells when a release must go back; the pipeline's alarm listens to it.
resource "aws_sns_topic" "this" {
  for_each          = toset(["alarms", "rollback"])
  name              = "${var.name}-${each.key}"
  kms_master_key_id = module.key.arn
  tags              = var.tags
}

resource "aws_sns_topic_policy" "this" {
  for_each = aws_sns_topic.this
  arn      = each.value.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OurAlarms"
        Effect    = "Allow"
        Principal = { Service = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"] }
        Action    = ["sns:Publish"]
        Resource  = local.topic_arns[each.key]
        Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
      },
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["sns:Publish"]
        Resource  = local.topic_arns[each.key]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each  = var.emails
  topic_arn = aws_sns_topic.this["alarms"].arn
  protocol  = "email"
  endpoint  = each.key
}

locals {
  topic_arns = { for use in ["alarms", "rollback"] : use => "arn:aws:sns:${var.region}:${var.account_id}:${var.name}-${use}" }
}
