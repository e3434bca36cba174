# Roles of AWS's own services with AWS's own policies: what EKS, its nodes and its add-ons need, and no more.
locals {
  node_policies = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"]
  addon_roles = {
    aws-ebs-csi-driver = { policy = "service-role/AmazonEBSCSIDriverPolicy", service_account = "ebs-csi-controller-sa" }
    vpc-cni            = { policy = "AmazonEKS_CNI_Policy", service_account = "aws-node" }
  }
}

resource "aws_iam_role" "cluster" {
  name               = "${var.name}-cluster"
  path               = "/pixguard/service/"
  assume_role_policy = jsonencode(local.trust["eks.amazonaws.com"])
  tags               = var.tags
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
}

resource "aws_iam_role" "node" {
  name               = "${var.name}-node"
  path               = "/pixguard/service/"
  assume_role_policy = jsonencode(local.trust["ec2.amazonaws.com"])
  tags               = var.tags
}

resource "aws_iam_role_policy_attachment" "node" {
  for_each   = toset(local.node_policies)
  role       = aws_iam_role.node.name
  policy_arn = "arn:aws:iam::aws:policy/${each.key}"
}

resource "aws_iam_role" "addon" {
  for_each           = local.addon_roles
  name               = "${var.name}-${each.key}"
  path               = "/pixguard/service/"
  assume_role_policy = jsonencode(local.addon_trust[each.key])
  tags               = var.tags
}

resource "aws_iam_role_policy_attachment" "addon" {
  for_each   = local.addon_roles
  role       = aws_iam_role.addon[each.key].name
  policy_arn = "arn:aws:iam::aws:policy/${each.value.policy}"
}

locals {
  trust = {
    for service in ["eks.amazonaws.com", "ec2.amazonaws.com"] : service => {
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Principal = { Service = service }, Action = ["sts:AssumeRole"] }]
    }
  }
  addon_trust = {
    for name, addon in local.addon_roles : name => {
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = { Service = "pods.eks.amazonaws.com" }
        Action    = ["sts:AssumeRole", "sts:TagSession"]
        Condition = {
          StringEquals = {
            "aws:SourceAccount"                         = var.account_id
            "aws:RequestTag/eks-cluster-name"           = var.name
            "aws:RequestTag/kubernetes-namespace"       = "kube-system"
            "aws:RequestTag/kubernetes-service-account" = addon.service_account
          }
        }
      }]
    }
  }
}
