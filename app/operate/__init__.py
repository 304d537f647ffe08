"""What who runs the service needs: backup, restore, and a doctor."""
