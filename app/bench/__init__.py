"""`entente bench`: how fast the service answers, beside a server that only sends the same bytes.

A synthetic set (`world`, `opinions`) goes straight into the tables (`fill`), row for row what the
write path would have left. The service and a bare application (`plain`) then answer the same
requests (`cases`) in turn, each alone in a process (`server`), asked by a cheap client (`load`).
"""
