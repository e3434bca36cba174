# Three rings: public holds the NAT gateways and nothing else, private the nodes, data the stores, which have no way out.
locals {
  private = { for index, zone in var.zones : zone => cidrsubnet(var.cidr, 4, index) }
  data    = { for index, zone in var.zones : zone => cidrsubnet(var.cidr, 8, 224 + index) }
  public  = { for index, zone in var.zones : zone => cidrsubnet(var.cidr, 8, 240 + index) }
}

resource "aws_subnet" "private" {
  for_each          = local.private
  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value
  tags              = merge(var.tags, { Name = "${var.name}-private-${each.key}", "kubernetes.io/role/internal-elb" = "1" })
}

resource "aws_subnet" "data" {
  for_each          = local.data
  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value
  tags              = merge(var.tags, { Name = "${var.name}-data-${each.key}" })
}

resource "aws_subnet" "public" {
  for_each                = local.public
  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false
  tags                    = merge(var.tags, { Name = "${var.name}-public-${each.key}" })
}
