locals {
  # Before the nodes: they need a network and their pods an identity. After: what runs as ordinary pods.
  early_addons = ["vpc-cni", "kube-proxy", "eks-pod-identity-agent"]
  late_addons  = ["coredns", "aws-ebs-csi-driver", "metrics-server"]
}

resource "aws_eks_addon" "early" {
  for_each                    = toset(local.early_addons)
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  resolve_conflicts_on_update = "OVERWRITE"
  tags                        = var.tags

  dynamic "pod_identity_association" {
    for_each = { for name, role in local.addon_roles : name => role if name == each.key }

    content {
      role_arn        = aws_iam_role.addon[pod_identity_association.key].arn
      service_account = pod_identity_association.value.service_account
    }
  }
}

resource "aws_eks_addon" "late" {
  for_each                    = toset(local.late_addons)
  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  resolve_conflicts_on_update = "OVERWRITE"
  tags                        = var.tags
  depends_on                  = [aws_eks_node_group.this]

  dynamic "pod_identity_association" {
    for_each = { for name, role in local.addon_roles : name => role if name == each.key }

    content {
      role_arn        = aws_iam_role.addon[pod_identity_association.key].arn
      service_account = pod_identity_association.value.service_account
    }
  }
}
