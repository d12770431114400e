"""What a report says in words, made from the tables of `reports.statistics`, and never stronger than they are."""
