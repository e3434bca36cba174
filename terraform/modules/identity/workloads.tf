# One role a workload. EKS hands it to the pods of one service account in one namespace of one cluster, and the role's own
# trust says the same: neither an association made elsewhere nor a pod beside it can take it.
resource "aws_iam_role" "workload" {
  for_each             = var.workloads
  name                 = "${var.name}-${each.key}"
  description          = "Pods of ${each.value.namespace}/${each.value.service_account}"
  path                 = "/pixguard/bounded/"
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "pods.eks.amazonaws.com" }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = {
        StringEquals = {
          "aws:SourceAccount"                         = var.account_id
          "aws:RequestTag/eks-cluster-name"           = var.cluster_name
          "aws:RequestTag/kubernetes-namespace"       = each.value.namespace
          "aws:RequestTag/kubernetes-service-account" = each.value.service_account
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "workload" {
  for_each = var.workloads
  name     = "work"
  role     = aws_iam_role.workload[each.key].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for statement in each.value.statements : merge(
      { Effect = "Allow", Action = statement.actions, Resource = statement.resources },
      { for key in ["Condition"] : key => statement.conditions if length(statement.conditions) > 0 },
    )]
  })
}

resource "aws_eks_pod_identity_association" "workload" {
  for_each        = var.workloads
  cluster_name    = var.cluster_name
  namespace       = each.value.namespace
  service_account = each.value.service_account
  role_arn        = aws_iam_role.workload[each.key].arn
  tags            = var.tags
}
