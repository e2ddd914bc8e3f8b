"""A perimeter alarm host (周界报警主机): its wire, its status, what its events mean, and what it can be told."""
