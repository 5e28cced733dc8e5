"""The local AWS: ministack, with the parts it lacks or gets wrong supplied beside it, in one process on one port.

Everything that touches ministack's private functions lives in modules named ``ministack_*``; the rest of the package
is ours and knows AWS only. ``registry`` is what other rooms (``local.sagemaker``) add services and resource types by.
"""
