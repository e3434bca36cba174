# Everything but IAM by AWS's PowerUserAccess; of IAM only what cannot be turned into more rights than these:
# roles for AWS's services get AWS's policies named below, roles with policies of ours get the boundary, and nobody here
# touches the roles of automation itself. Those, people change (runbooks/bootstrap.md).
resource "aws_iam_role_policy_attachment" "apply" {
  role       = aws_iam_role.github["apply"].name
  policy_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
}

resource "aws_iam_role_policy" "apply" {
  name   = "roles-within-bounds"
  role   = aws_iam_role.github["apply"].name
  policy = jsonencode({ Version = "2012-10-17", Statement = concat(local.manage_roles, local.no_data, local.keep_evidence) })
}

locals {
  roles         = "arn:aws:iam::${var.account_id}:role/pixguard"
  service_roles = "${local.roles}/service/*"
  bounded_roles = "${local.roles}/bounded/*"
  service_policies = [for policy in [
    "AmazonEKSClusterPolicy", "AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly", "AmazonEKS_CNI_Policy",
    "service-role/AmazonEBSCSIDriverPolicy", "service-role/AmazonRDSEnhancedMonitoringRole",
  ] : "arn:aws:iam::aws:policy/${policy}"]

  manage_roles = [
    {
      Sid    = "ReadRoles"
      Effect = "Allow"
      Action = [
        "iam:GetOpenIDConnectProvider", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListPolicyVersions", "iam:ListRolePolicies",
        "iam:ListRoleTags",
      ]
      Resource = ["arn:aws:iam::${var.account_id}:*"]
    },
    {
      Sid    = "KeepRoles"
      Effect = "Allow"
      Action = [
        "iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
        "iam:UpdateRoleDescription",
      ]
      Resource = [local.service_roles, local.bounded_roles]
    },
    {
      Sid      = "MakeServiceRoles"
      Effect   = "Allow"
      Action   = ["iam:CreateRole"]
      Resource = [local.service_roles]
    },
    {
      Sid       = "GiveServiceRolesTheirPolicies"
      Effect    = "Allow"
      Action    = ["iam:AttachRolePolicy", "iam:DetachRolePolicy"]
      Resource  = [local.service_roles]
      Condition = { ArnEquals = { "iam:PolicyARN" = local.service_policies } }
    },
    {
      Sid       = "MakeBoundedRoles"
      Effect    = "Allow"
      Action    = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy"]
      Resource  = [local.bounded_roles]
      Condition = { StringEquals = { "iam:PermissionsBoundary" = var.permissions_boundary } }
    },
    {
      Sid      = "HandRolesToServices"
      Effect   = "Allow"
      Action   = ["iam:PassRole"]
      Resource = [local.service_roles, local.bounded_roles]
      Condition = {
        StringEquals = {
          "iam:PassedToService" = [
            "codebuild.amazonaws.com", "codepipeline.amazonaws.com", "ec2.amazonaws.com", "eks.amazonaws.com",
            "monitoring.rds.amazonaws.com", "pods.eks.amazonaws.com", "s3.amazonaws.com", "vpc-flow-logs.amazonaws.com",
          ]
        }
      }
    },
  ]

  keep_evidence = [{
    Sid    = "NoShorteningOfWhatIsKept"
    Effect = "Deny"
    Action = [
      "kms:ScheduleKeyDeletion", "logs:DeleteLogGroup", "rds:DeleteDBInstanceAutomatedBackup", "s3:BypassGovernanceRetention",
      "s3:DeleteBucket", "s3:DeleteObjectVersion",
    ]
    Resource = "*"
  }]
}
