"""The same work at many sizes, and what is held in memory.

axes     the sizes that are looked at; floors, ours, original: who does the work
"""
