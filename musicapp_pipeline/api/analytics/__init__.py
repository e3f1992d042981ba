"""Cost, speed, satisfaction and reliability: the specification's next step 6."""
