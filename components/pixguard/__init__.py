"""pixguard decides in milliseconds whether a Pix payment is fraud, and proves the models behind that decision."""
