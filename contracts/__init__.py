"""What orchestrators, activities and those who start orchestrations agree on: names, and the JSON that passes between them."""
