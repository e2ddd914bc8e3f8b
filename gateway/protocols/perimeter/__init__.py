"""A perimeter alarm host (周界报警主机): its frames, status, event codes and commands."""
