# Every action is named: neither the account's administrators nor a service gets kms:*. PutKeyPolicy is among the
# administrators' actions, so a mistake here can be mended.
locals {
  administer = [
    "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey",
    "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListGrants",
    "kms:ListKeyPolicies", "kms:ListKeyRotations", "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RevokeGrant",
    "kms:RotateKeyOnDemand", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
  ]
  use = [
    "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom", "kms:ReEncryptTo",
  ]

  # The account as principal means: whom IAM allows. Without it no IAM policy could give anyone the key.
  account = [{
    Sid       = "AccountByItsIamPolicies"
    Effect    = "Allow"
    Principal = { AWS = "arn:aws:iam::${var.account_id}:root" }
    Action    = sort(distinct(concat(local.administer, local.use, ["kms:CreateGrant"])))
    Resource  = "*"
  }]
  services = [for service in var.services : {
    Sid       = "Service${replace(title(split(".", service)[0]), "-", "")}"
    Effect    = "Allow"
    Principal = { Service = service }
    Action    = local.use
    Resource  = "*"
    Condition = { StringEquals = { "aws:SourceAccount" = var.account_id } }
  }]
  logs = [for region in var.log_regions : {
    Sid       = "Logs${replace(title(replace(region, "-", " ")), " ", "")}"
    Effect    = "Allow"
    Principal = { Service = "logs.${region}.amazonaws.com" }
    Action    = local.use
    Resource  = "*"
    Condition = {
      ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:${region}:${var.account_id}:log-group:*" }
    }
  }]
  principals = [for statement in [
    {
      Sid       = "Roles"
      Effect    = "Allow"
      Principal = { AWS = sort(var.principals) }
      Action    = local.use
      Resource  = "*"
    },
    {
      Sid       = "RolesByGrantOfAService"
      Effect    = "Allow"
      Principal = { AWS = sort(var.principals) }
      Action    = ["kms:CreateGrant"]
      Resource  = "*"
      Condition = { Bool = { "kms:GrantIsForAWSResource" = "true" } }
    },
  ] : statement if length(var.principals) > 0]
}
