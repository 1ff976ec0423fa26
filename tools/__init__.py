"""The book's own tools: ``python -m tools help`` lists them."""
