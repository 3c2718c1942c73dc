"""A stand-in for Twilio, with phones that a person can read, type on and answer. A simulation, and it says so.

It speaks real HTTP both ways, imports nothing of the house, and reaches nothing but this machine.
"""
